export { default } from '@lading/dev/jest';
