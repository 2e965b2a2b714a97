/** Access control of a server whose every caller is the admin: for tests of what routes do, not of who may call them. */
export const everyoneIsAdmin = {
  async enforce(request: { caller: unknown }): Promise<void> {
    request.caller = { role: 'admin', sensitive: true, via: 'token', name: 'admin', subject: { kind: 'user', name: 'admin' } }
  },
}
