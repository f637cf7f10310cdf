import 'slack-blocks-to-jsx/dist/style.css';
import './styles/page.css';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';

const root = document.getElementById('page');
if (root) createRoot(root).render(<App />);
