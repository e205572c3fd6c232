export { notNow } from '@drylane/dispatcher/desk/ended';
