import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** PEM files of a certificate for the name `localhost`, not for its address, and of the authority that issued it. */
export interface Certificate {
  readonly caFile: string
  readonly certFile: string
  readonly keyFile: string
}

/** Creates an authority and a certificate that it issued, valid for two days. Clients trust it if `NODE_EXTRA_CA_CERTS` is `caFile` at their start. */
export async function createCertificate(folder: string): Promise<Certificate> {
  const [caFile, caKeyFile] = [join(folder, 'ca.pem'), join(folder, 'ca-key.pem')]
  const [certFile, keyFile] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')]
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const openssl = (...args: readonly string[]) => promisify(execFile)('openssl', [...request, ...args])
  await openssl('-subj', '/CN=An authority of tests', '-keyout', caKeyFile, '-out', caFile)
  const issued = ['-CA', caFile, '-CAkey', caKeyFile, '-addext', 'basicConstraints=critical,CA:FALSE']
  await openssl('-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', ...issued, '-keyout', keyFile, '-out', certFile)
  return { caFile, certFile, keyFile }
}
