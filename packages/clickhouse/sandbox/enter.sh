#!/bin/sh
# Starts run-statement.mjs where there is nothing but the engine and a snapshot of its data. Runs within namespaces of its own (see
# sandbox.ts): no network, no other process, and a file system made here of read-only mounts and a small tmpfs, which takes every write.
# Arguments: the folder with `engine` (the snapshot) and `root` (empty), node, run-statement.mjs, the folders of chdb and of its library,
# seconds of CPU time, kilobytes of data.
set -e
folder=$1 node=$2 script=$3 chdb=$4 library=$5 seconds=$6 kilobytes=$7
setpriv=$(command -v setpriv)
umount=$(command -v umount)
pivot_root=$(command -v pivot_root)

mount_readonly() {
  mount --bind "$1" "$2"
  mount -o remount,bind,ro,nosuid,nodev "$2"
}
mount_file() {
  : > "$2"
  mount_readonly "$1" "$2"
}

mount -t tmpfs -o size=256m,mode=755,nosuid,nodev tmpfs "$folder/root"
cd "$folder/root"
mkdir -p bin dev old proc usr snapshot changes work engine "app/node_modules/chdb" "app/node_modules/@chdb/${library##*/}"
for libraries in usr/lib usr/lib64 lib lib64; do
  if [ -L "/$libraries" ]; then
    ln -s "$(readlink "/$libraries")" "$libraries"
  elif [ -d "/$libraries" ]; then
    mkdir "$libraries"
    mount_readonly "/$libraries" "$libraries"
  fi
done
mount_file "$node" bin/node
mount_file "$setpriv" bin/setpriv
mount_file "$umount" bin/umount
mount_file "$script" app/run-statement.mjs
mount_readonly "$chdb" app/node_modules/chdb
mount_readonly "$library" "app/node_modules/@chdb/${library##*/}"
for device in null urandom; do
  : > "dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
mount -t proc proc proc
mount_readonly "$folder/engine" snapshot
mount -t overlay -o userxattr,lowerdir=snapshot,upperdir=changes,workdir=work overlay engine

"$pivot_root" . old
cd /
# umount looks up what is mounted in /proc.
/bin/umount -l /old
/bin/umount -l /proc
ulimit -c 0
ulimit -t "$seconds"
ulimit -d "$kilobytes"
unset PATH PWD OLDPWD SHLVL
exec /bin/setpriv --no-new-privs --bounding-set=-all --inh-caps=-all --ambient-caps=-all \
  /bin/node --max-old-space-size=256 /app/run-statement.mjs
