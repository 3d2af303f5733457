/** All bytes of a stream. Throws what `tooMany` makes as soon as there are more than `maxBytes`. */
export async function bytesOf(
  stream: AsyncIterable<Buffer>,
  maxBytes: number,
  tooMany = () => new Error(`more than ${maxBytes} bytes`),
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > maxBytes) throw tooMany();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
