import '../base.css';

import { mount } from 'svelte';

import Go from './Go.svelte';

mount(Go, { target: document.getElementById('app')! });
