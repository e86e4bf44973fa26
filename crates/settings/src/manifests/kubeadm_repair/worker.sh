conf=$k/kubelet.conf
port=$(sed -n "s|^ *server: https://$pattern:\([0-9]*\)\$|\1|p" $conf)
[ -n "$port" ] || stop "$conf does not name $old; nothing was changed"
timeout 5 bash -c ": <> /dev/tcp/@NEW@/$port" || stop "@NEW@ does not answer on port $port, so nothing was changed: move the control plane first"
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
