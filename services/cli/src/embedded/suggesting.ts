export { suggest } from '@drylane/dispatcher/admit/suggest';
