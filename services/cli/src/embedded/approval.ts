export { decideRun, type Heard, refuseUndecidable } from '@drylane/dispatcher/desk/word';
