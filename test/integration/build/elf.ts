/** The smallest Linux program that says a text: an ELF header, one segment, and two system calls (write, exit). */
export function program(machine: 'amd64' | 'arm64', text: string): Buffer {
  const start = 0x400000;
  const headers = 120;
  const words = (...instructions: number[]): Buffer => {
    const bytes = Buffer.alloc(instructions.length * 4);
    instructions.forEach((word, index) => bytes.writeUInt32LE(word >>> 0, index * 4));
    return bytes;
  };
  const length = Buffer.byteLength(text);
  const address = (size: number): number => start + headers + size;
  const amd64 = (): Buffer => {
    // mov eax,1; mov edi,1; mov esi,text; mov edx,length; syscall; mov eax,60; xor edi,edi; syscall
    const code = Buffer.from(
      'b801000000bf01000000be00000000ba000000000f05b83c00000031ff0f05',
      'hex',
    );
    code.writeUInt32LE(address(code.length), 11);
    code.writeUInt32LE(length, 16);
    return code;
  };
  const arm64 = (): Buffer =>
    // mov x0,1; adr x1,text; mov x2,length; mov x8,64; svc 0; mov x0,0; mov x8,93; svc 0
    words(
      0xd2800020,
      0x10000001 | (7 << 5),
      0xd2800002 | (length << 5),
      0xd2800808,
      0xd4000001,
      0xd2800000,
      0xd2800ba8,
      0xd4000001,
    );
  const code = machine === 'amd64' ? amd64() : arm64();
  const size = headers + code.length + length;
  const header = Buffer.alloc(headers);
  header.write('7f454c46020101', 0, 'hex');
  header.writeUInt16LE(2, 16);
  header.writeUInt16LE(machine === 'amd64' ? 62 : 183, 18);
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(BigInt(start + headers), 24);
  header.writeBigUInt64LE(64n, 32);
  header.writeUInt16LE(64, 52);
  header.writeUInt16LE(56, 54);
  header.writeUInt16LE(1, 56);
  header.writeUInt32LE(1, 64);
  header.writeUInt32LE(5, 68);
  header.writeBigUInt64LE(BigInt(start), 80);
  header.writeBigUInt64LE(BigInt(start), 88);
  header.writeBigUInt64LE(BigInt(size), 96);
  header.writeBigUInt64LE(BigInt(size), 104);
  header.writeBigUInt64LE(0x1000n, 112);
  return Buffer.concat([header, code, Buffer.from(text)]);
}
