#!/bin/bash
# Run a command inside a root made by make-root.sh, in a mount namespace of its own.
#
#   tests/gimp/in-root.sh ROOT [-b FOLDER]… COMMAND [ARGUMENT…]
#
# The command sees the root's own system, an empty /tmp, each bound FOLDER at the same path as
# outside, and the whole outer machine under /outside (so a plug-in in the root can start the
# daemon that is installed out here: chroot /outside …). The network is shared. Nothing stays
# mounted when the last process of the command has ended. Needs the superuser.
set -euo pipefail

if [[ ${1:-} != --inside ]]; then
    exec unshare --mount --propagation private "$0" --inside "$@"
fi
shift
root=$1
shift
folders=()
while [[ ${1:-} == -b ]]; do
    folders+=("$2")
    shift 2
done

mkdir -p "$root/outside"
mount --rbind / "$root/outside"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/tmp"
for folder in "${folders[@]}"; do
    mkdir -p "$root$folder"
    mount --bind "$folder" "$root$folder"
done
exec chroot "$root" "$@"
