/** Hands a file to the phone: its share sheet where it takes files (iOS), a download elsewhere. */
export function saveFile(blob: Blob, name: string): void {
  const file = new File([blob], name, { type: blob.type })
  if (matchMedia('(pointer: coarse)').matches && navigator.canShare?.({ files: [file] })) {
    // The person may close the sheet: that is their answer, not an error.
    void navigator.share({ files: [file] }).catch(() => undefined)
    return
  }
  const link = document.createElement('a')
  link.href = URL.createObjectURL(file)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
