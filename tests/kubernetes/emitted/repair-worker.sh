#!/usr/bin/env bash
# Leads the worker pi2 to 10.0.0.1 instead of 172.20.5.1, as root.
# pi1 and pi3 reach 10.0.0.2 on eth0; pi1 and pi3 do not reach 172.20.5.2 on
# wlan0
set -euo pipefail
old='172.20.5.1' new='10.0.0.1'
node_ip='10.0.0.2'
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

conf=$k/kubelet.conf
port=$(sed -n "s|^ *server: https://$pattern:\([0-9]*\)\$|\1|p" $conf)
[ -n "$port" ] || stop "$conf does not name $old; nothing was changed"
timeout 5 bash -c ": <> /dev/tcp/10.0.0.1/$port" || stop "10.0.0.1 does not answer on port $port, so nothing was changed: move the control plane first"
cp -a $conf "$work/kubelet.conf"
cp -a $flags "$work/flags"

# From here on a step that fails puts everything back.
undo() {
  trap '' EXIT HUP INT TERM
  echo "A step failed: the files of before are put back." >&2
  if cp -a "$work/kubelet.conf" $conf && cp -a "$work/flags" $flags; then
    rm -rf "$work"
  else
    echo "That failed, too: they are in $work." >&2
  fi
  systemctl restart kubelet || true
  exit 1
}
trap undo EXIT
lead $conf
set_node_ip
systemctl restart kubelet
mv "$work/kubelet.conf" $conf.before
trap - EXIT
rm -rf "$work"
# - net.ipv4.ip_forward is 0: without it kubeadm refuses, and pods reach nothing
echo 'net.ipv4.ip_forward = 1' > /etc/sysctl.d/90-kubernetes.conf && sysctl -qw net.ipv4.ip_forward=1
