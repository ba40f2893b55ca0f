// The container's health check: an image made for production need not have curl or wget. It runs all the
// time, in every container, so it speaks HTTP by hand: loading node:http costs three times as much.
import { connect } from 'node:net';

let answer = '';
const socket = connect({ host: '127.0.0.1', port: process.env.PORT });
socket.setEncoding('utf8').setTimeout(2_500, () => socket.destroy(new Error('no answer')));
socket.on('connect', () => socket.write('GET /health/ready HTTP/1.0\r\n\r\n'));
socket.on('data', (text) => (answer += text));
socket.on('error', (error) => (answer = error.message));
socket.on('close', () => {
  console.log(answer);
  process.exitCode = /^HTTP\/1\.\d 200 /.test(answer) ? 0 : 1;
});
