# shellcheck shell=bash disable=SC1091
# Inside the namespaces of one host shape: makes the host, runs pontoon predict, then the
# real programs. $1: its folder, $2: its number, $3: its node's name.
set -eu
folder=$1 number=$2 name=$3
quietly() { "$@" >/dev/null 2>&1; }
# eventually TENTHS COMMAND...: until it succeeds.
eventually() {
  local left=$1
  shift
  until "$@"; do
    left=$((left - 1))
    [ $left -gt 0 ] || return 1
    sleep 0.1
  done
}

mkdir "$folder/cgroup"
mount --rbind /sys/fs/cgroup "$folder/cgroup"
mount -t sysfs none /sys
mount --rbind "$folder/cgroup" /sys/fs/cgroup
mount -t tmpfs none /var/lib/kubelet
mkdir -p /run/flannel
mount -t tmpfs none /run/flannel
cp "$folder/flags" /var/lib/kubelet/kubeadm-flags.env
for file in hosts nsswitch.conf resolv.conf; do mount --bind "$folder/$file" "/etc/$file"; done
. "$folder/made.sh"
touch "$folder/made"
eventually 1200 test -e "$folder/linked"
ip addr add "192.168.77.$number/24" dev mgmt0
ip link set mgmt0 up
eventually 1200 quietly curl -sSk -m 2 https://192.168.77.1:6443/readyz
# Every process in these namespaces, whatever started it.
end() {
  local pid
  for pid in /proc/[0-9]*; do
    pid=${pid#/proc/}
    [ "$pid" = $$ ] || [ "$(readlink "/proc/$pid/ns/net")" != "$(readlink /proc/self/ns/net)" ] ||
      kill -9 "$pid" 2>/dev/null || true
  done
}
trap end EXIT

pontoon predict --record "$folder/record" >"$folder/page" 2>&1 || true

kubeadm init phase certs ca --cert-dir "$folder/pki" >/dev/null 2>&1 || true
kubeadm init phase certs apiserver --cert-dir "$folder/pki" --kubernetes-version v1.36.2 \
  >"$folder/kubeadm" 2>&1 || true
sed -n 's/.*IPs \[10\.96\.0\.1 \(.*\)\]/kubeadm \1/p' "$folder/kubeadm"

export KUBECONFIG=/etc/kubernetes/admin.conf
. /var/lib/kubelet/kubeadm-flags.env
# shellcheck disable=SC2086
kubelet --kubeconfig=$KUBECONFIG --config=/run/shapes/kubelet.yaml --fail-cgroupv1=false \
  --cgroup-driver=cgroupfs $KUBELET_KUBEADM_ARGS >"$folder/kubelet" 2>&1 &
registered() {
  kubectl get node "$name" -o 'jsonpath={.status.addresses[?(@.type=="InternalIP")].address}' \
    >"$folder/addresses" 2>/dev/null
  [ -s "$folder/addresses" ] || { [ "$1" = any ] && grep -q "failed to validate\|can't get ip address" "$folder/kubelet"; }
}
eventually 300 registered any || true
# An address may come with the second try.
eventually 10 registered one || true
echo "kubelet $(cat "$folder/addresses")"

if [ -s "$folder/addresses" ]; then
  # In its pod this is set; nobody types it.
  proxy() {
    until /run/pontoon/kubernetes/bin/kube-proxy --kubeconfig=$KUBECONFIG \
      --hostname-override="$name" --proxy-mode=nftables --conntrack-max-per-core=0 \
      --conntrack-min=0 >>"$folder/proxy" 2>&1; do sleep 0.5; done
  }
  : >"$folder/proxy"
  proxy &
  eventually 1200 grep -q 'NodeIPs=' "$folder/proxy" || tail -n 8 "$folder/proxy" >&2
  sed -n 's/.*NodeIPs=\[\(.*\)\].*/kube-proxy \1/p' "$folder/proxy" | sed 's/","/ /g; s/"//g' | head -n 1
fi

# It exits as long as its node has no pod network, and is restarted, as its pod would be.
export NODE_NAME=$name
# tunnel LOG FLAGS...
tunnel() {
  local log=$1
  shift
  until flanneld --kube-subnet-mgr --kubeconfig-file=$KUBECONFIG \
    --net-config-path=/run/shapes/net-conf.json "$@" >>"$log" 2>&1; do sleep 0.5; done
}
: >"$folder/flannel"
tunnel "$folder/flannel" &
settled() { [ -s /run/flannel/subnet.env ] || grep -q 'Failed to find any valid' "$folder/flannel"; }
eventually 1200 settled || tail -n 8 "$folder/flannel" >&2
sed -n 's/.*Using interface with name \(.*\) and address \(.*\)/flannel \1 \2/p' "$folder/flannel" | head -n 1
sed -n 's/FLANNEL_MTU=/flannel-mtu /p' /run/flannel/subnet.env 2>/dev/null || true
sed -n 's/.*Failed to find any valid/flannel-error Failed to find any valid/p' "$folder/flannel" |
  head -n 1

# Once more, with flags that name mgmt0, which never has the default route. The flags are read
# while it runs.
kill $!
wait $! 2>/dev/null || true
# One that it had just begun is flanneld by now.
sleep 0.2
for pid in $(pgrep -x flanneld); do
  [ "$(readlink "/proc/$pid/ns/net")" != "$(readlink /proc/self/ns/net)" ] ||
    kill -9 "$pid" 2>/dev/null || true
done
case $((number % 4)) in
  0) told=(--iface=nonesuch --iface mgmt0) ;;
  1) told=('--iface-regex=^192\.168\.77\.\d+$') ;;
  2) told=(--iface-can-reach=192.168.77.1) ;;
  3) told=("--public-ip=192.168.77.$number") ;;
esac
rm -f /run/flannel/subnet.env
: >"$folder/told"
tunnel "$folder/told" "${told[@]}" &
eventually 1200 test -s /run/flannel/subnet.env || tail -n 8 "$folder/told" >&2
sed -n 's/.*Using interface with name \(.*\) and address \(.*\)/told \1 \2/p' "$folder/told" | head -n 1
pontoon predict --component flannel --json 2>/dev/null | python3 -c 'import json, sys
choice = json.load(sys.stdin)["hosts"][0]["choices"][0]["choice"]
print("predicted", *choice.get("links", []), *choice.get("addresses", [choice["is"]]))'
echo "record"
cat "$folder/record"
