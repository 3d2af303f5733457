#!/usr/bin/env node
import { rookery } from '../dist/cli/index.js';

process.exitCode = await rookery(process.argv.slice(2));
