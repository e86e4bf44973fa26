k=/etc/kubernetes
flags=/var/lib/kubelet/kubeadm-flags.env
# The same with dots and brackets escaped, for sed.
pattern=$(printf '%s' "$old" | sed 's/[].[]/\\&/g')
stop() { echo "$1" >&2; exit 1; }
# it COMMAND...: until it succeeds, two minutes at most.
it() { for _ in $(seq 240); do said=$("$@" 2>&1) && return; sleep 0.5; done; stop "gave up: $*: $said"; }
lead() { sed -i "s|server: https://$pattern:|server: https://$new:|" "$@"; }
set_node_ip() { sed -i -E "s#--node-ip=[^ \"]* ?##; s#KUBELET_KUBEADM_ARGS=\"#&--node-ip=$node_ip #" $flags; }

grep -q '^KUBELET_KUBEADM_ARGS="' $flags || stop "$flags is not as kubeadm writes it; nothing was changed"
umask 077
work=$(mktemp -d $k.repair.XXXXXX)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
