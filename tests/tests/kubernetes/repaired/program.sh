#!/bin/bash
# Stands in for every program that a repair script starts. Call number $FAIL fails; with $FROM set,
# all later calls of the cluster's programs fail, too.
PATH=/usr/bin:/bin
name=${0##*/}
k=/etc/kubernetes
case $name in sleep) exit ;; seq) echo 1 2 3; exit ;; esac
exec 9> "$SANDBOX/lock"
flock 9
echo "$name $*" >> "$SANDBOX/calls"
call=$(wc -l < "$SANDBOX/calls")
exec 9>&-
fails() {
  [ "$call" = "$FAIL" ] && return
  case $name in kubectl | kubeadm | systemctl) [ -n "$FROM" ] && [ "$call" -gt "$FAIL" ] ;; *) return 1 ;; esac
}
# A program that fails may have done a part of its work.
part=
if fails; then part=yes; fi
write() { if [ -n "$part" ]; then echo half > "$1"; else echo "$2" > "$1"; fi; }
address() { sed -n 's/^localAPIEndpoint: {advertiseAddress: "\(.*\)"}$/\1/p' "$1"; }
manifest() { write "$k/manifests/$1.yaml" "$(printf '    - --address=%s\n    - --secure-port=6443' "$2")"; }

kubectl() {
  case "$*" in
    *"configmap kubeadm-config"*) if [ -n "$part" ]; then head -3 "$SANDBOX/cluster.yaml"; else cat "$SANDBOX/cluster.yaml"; fi ;;
    *"--raw /readyz") grep -q -e "--address=10.0.0.1" $k/manifests/kube-apiserver.yaml ;;
    *"configmap kube-proxy -o yaml") cat "$SANDBOX/objects/kube-proxy" ;;
    *"replace -f -") object=$(cat); [ -z "$part" ] && [ -n "$object" ] && echo "$object" > "$SANDBOX/objects/kube-proxy" ;;
    *"rollout restart daemonset kube-proxy") ;;
    *) echo "not known: $*" >&2; exit 9 ;;
  esac
}
kubeadm() {
  config=$(printf '%s\n' "$*" | sed 's/.*--config \([^ ]*\).*/\1/')
  grep -q '^kind: InitConfiguration$' "$config" && grep -q '^kind: ClusterConfiguration$' "$config" || exit 8
  case "$*" in
    "init phase certs "*)
      pki=$(sed -n 's/^certificatesDir: //p' "$config")
      [ -e "$pki/ca.key" ] || exit 8
      file=$(case $4 in apiserver) echo apiserver ;; etcd-server) echo etcd/server ;; etcd-peer) echo etcd/peer ;; esac)
      [ -e "$pki/$file.crt" ] || write "$pki/$file.crt" "$(address "$config")"
      write "$pki/$file.key" key ;;
    "init phase etcd local "*) manifest etcd "$(address "$config")" ;;
    "init phase control-plane all "*)
      manifest kube-apiserver "$(address "$config")"
      [ -n "$part" ] && return
      manifest kube-controller-manager 127.0.0.1
      manifest kube-scheduler 127.0.0.1 ;;
    "init phase upload-config kubeadm "*) [ -n "$part" ] || sed '1,/^---$/d' "$config" > "$SANDBOX/objects/kubeadm-config" ;;
    "init phase bootstrap-token "*) [ -n "$part" ] || address "$config" > "$SANDBOX/objects/cluster-info" ;;
    *) echo "not known: $*" >&2; exit 9 ;;
  esac
}
case $name in
  kubectl | kubeadm) "$name" "$@" ;;
  systemctl | sysctl | timeout) true ;;
  *) [ -n "$part" ] || exec "$name" "$@" ;;
esac || exit
[ -z "$part" ]
