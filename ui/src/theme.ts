// Runs before the first paint: the chosen theme stands on <html>, or the system's where none was chosen.
const chosen = localStorage.getItem('guia.theme');
const dark = chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
document.documentElement.dataset.theme = dark ? 'dark' : 'light';

export {};
