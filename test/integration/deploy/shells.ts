import { sh } from '../../lab/engine.ts';

/** The image of a host that also has zsh, fish, csh and two Korn shells, and ash. */
export async function hostWithShells(): Promise<string> {
  const image = 'slipway-lab/host:shells';
  const dockerfile = `FROM slipway-lab/host
RUN apt-get update -qq && \\
    apt-get install -y -qq --no-install-recommends zsh tcsh mksh ksh93u+m fish && \\
    ln -sf tcsh /bin/csh && ln -sf "$(command -v busybox)" /bin/ash`;
  await sh('docker', ['build', '-q', '-t', image, '-'], { input: dockerfile });
  return image;
}
