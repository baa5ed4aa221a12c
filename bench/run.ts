// `npm run bench`: what the service costs, each figure beside what the same work costs without it.
import { existsSync } from 'node:fs';
