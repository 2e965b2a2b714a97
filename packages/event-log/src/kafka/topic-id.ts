import type Cluster from 'kafkajs/src/cluster/index.js'
import Decoder from 'kafkajs/src/protocol/decoder.js'
import Encoder from 'kafkajs/src/protocol/encoder.js'
import { createErrorFromCode } from 'kafkajs/src/protocol/error.js'

const METADATA = 3
/** The first version with topic ids, from Kafka 2.8 on. kafkajs itself supports only versions up to 6. */
const VERSION = 10

/**
 * Reads the id that the brokers gave the topic at its creation: a topic that was deleted and created again has another id. Resolves to an
 * empty text if the broker has no topic ids. Rejects with kafkajs' errors.
 */
export async function topicId(cluster: Cluster, topic: string): Promise<string> {
  const broker = await cluster.findControllerBroker()
  if ((broker.versions?.[METADATA]?.maxVersion ?? 0) < VERSION) return ''
  return broker.connectionPool.send({
    request: { apiKey: METADATA, apiVersion: VERSION, apiName: 'Metadata', encode: async () => encodeRequest(topic) },
    response: { decode: async bytes => ({ bytes }), parse: async ({ bytes }) => parseResponse(bytes) },
  })
}

function encodeRequest(topic: string): Encoder {
  const name = Buffer.from(topic)
  const nameLength = [((name.length + 1) & 0x7f) | 0x80, (name.length + 1) >> 7]
  // The tagged fields of the request's header, which kafkajs does not write, then an array of one topic: no id, its name, no tagged fields.
  const topics = [Buffer.from([0, 2]), Buffer.alloc(16), Buffer.from(nameLength), name, Buffer.from([0])]
  // Do not create topics, do not list authorized operations, no tagged fields.
  return new Encoder().writeBuffer(Buffer.concat([...topics, Buffer.from([0, 0, 0, 0])]))
}

function parseResponse(bytes: Buffer): string {
  const decoder = new Decoder(bytes)
  decoder.readTaggedFields()
  decoder.readInt32()
  for (let brokers = decoder.readUVarInt() - 1; brokers > 0; brokers--) {
    decoder.readInt32()
    decoder.readUVarIntString()
    decoder.readInt32()
    decoder.readUVarIntString()
    decoder.readTaggedFields()
  }
  decoder.readUVarIntString()
  decoder.readInt32()
  decoder.readUVarInt()
  const errorCode = decoder.readInt16()
  if (errorCode !== 0) throw createErrorFromCode(errorCode)
  decoder.readUVarIntString()
  return bytes.subarray(decoder.offset, decoder.offset + 16).toString('base64url')
}
