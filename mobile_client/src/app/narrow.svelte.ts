import { MediaQuery } from 'svelte/reactivity'

/** A phone held upright: some plots turn their axes there. */
export const narrow = new MediaQuery('max-width: 699px')
