import { useEffect, useState } from 'react';

export type Theme = 'light' | 'dark';

const wanted = (): Theme => {
  const chosen = localStorage.getItem('theme');
  if (chosen === 'light' || chosen === 'dark') return chosen;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
};

/** As chosen here before, else as the system is set. */
export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState<Theme>(wanted);
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);
  const choose = (next: Theme) => {
    localStorage.setItem('theme', next);
    setTheme(next);
  };
  return [theme, choose];
}
