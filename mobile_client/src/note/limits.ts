/** Characters of a note's text, as the server takes them (`speech.notes.LONGEST_NOTE`). */
export const LONGEST_NOTE = 12000
