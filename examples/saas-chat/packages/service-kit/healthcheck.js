// The container's health check: an image made for production need not have curl or wget.
import { get } from 'node:http';

const request = get({
  port: process.env.PORT,
  path: '/health/ready',
  signal: AbortSignal.timeout(2_500),
});
request.on('response', (response) => {
  response.pipe(process.stdout);
  process.exitCode = response.statusCode === 200 ? 0 : 1;
});
request.on('error', (error) => {
  console.log(error.message);
  process.exitCode = 1;
});
