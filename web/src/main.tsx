// The web client. One HTML page; the address says what is on it. Here is what every page needs; a page brings its own
// style.

import { render } from 'preact';
import './ui/styles/tokens.css';
import './ui/styles/base.css';
import './ui/styles/pages.css';
import { askForAccount } from './ui/account.ts';
import { CurrentPage } from './ui/currentPage.tsx';
import { route, startNavigation } from './ui/navigation.ts';

startNavigation();
if (route.value.page !== 'signIn') void askForAccount();
const place = document.getElementById('app');
if (place) render(<CurrentPage />, place);
