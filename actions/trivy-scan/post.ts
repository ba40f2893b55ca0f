import { cleanUp } from '../../src/kit/cleanup.ts';

cleanUp();
