import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** PEM files of a self-signed certificate for the name `localhost`, not for its address. */
export interface Certificate {
  readonly certFile: string
  readonly keyFile: string
}

/** Makes a certificate that is valid for two days. Clients trust it where `NODE_EXTRA_CA_CERTS` names its file at their start. */
export async function createCertificate(folder: string): Promise<Certificate> {
  const [certFile, keyFile] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')]
  const names = 'subjectAltName=DNS:localhost'
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  await promisify(execFile)('openssl', [...request, '-subj', '/CN=localhost', '-addext', names, '-keyout', keyFile, '-out', certFile])
  return { certFile, keyFile }
}
