/** The sound of an answer: a quiet tone, 20 ms for each token, five seconds at most. http://soundfile.sapp.org/doc/WaveFormat/ */

const samplesPerSecond = 24_000
const samplesPerToken = samplesPerSecond / 50

/** `wav` and `pcm16` can be played (24 kHz, mono); for any other format these are bytes that only have its length. */
export function speak(format: string, tokens: number): Buffer {
  const samples = Math.max(1, Math.min(tokens, 250)) * samplesPerToken
  const sound = Buffer.alloc(samples * 2)
  for (let index = 0; index < samples; index++) {
    sound.writeInt16LE(Math.round(1000 * Math.sin((index * 2 * Math.PI * 440) / samplesPerSecond)), index * 2)
  }
  return format === 'wav' ? Buffer.concat([waveHeader(sound.length), sound]) : sound
}

function waveHeader(length: number): Buffer {
  const header = Buffer.alloc(44)
  header.write('RIFF', 0)
  header.writeUInt32LE(36 + length, 4)
  header.write('WAVEfmt ', 8)
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(1, 22)
  header.writeUInt32LE(samplesPerSecond, 24)
  header.writeUInt32LE(samplesPerSecond * 2, 28)
  header.writeUInt16LE(2, 32)
  header.writeUInt16LE(16, 34)
  header.write('data', 36)
  header.writeUInt32LE(length, 40)
  return header
}
