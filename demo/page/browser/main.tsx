import 'slack-blocks-to-jsx/dist/style.css';
import './styles/page.css';
import './styles/parts.css';
import './styles/runpod.css';
import './styles/slack.css';
import './styles/slack-messages.css';
import './styles/discord.css';
import './styles/discord-messages.css';
import './styles/narrow.css';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';

const root = document.getElementById('page');
if (root) createRoot(root).render(<App />);
