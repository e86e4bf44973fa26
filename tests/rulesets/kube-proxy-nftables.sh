# kube-proxy in its mode nftables, shortened, beside a firewall of the host's own whose policy is drop.
nft -f - <<'N'
table ip kube-proxy {
  set cluster-ips { type ipv4_addr; elements = { 10.96.0.1, 10.96.0.10 } }
  map service-ips {
    type ipv4_addr . inet_proto . inet_service : verdict
    elements = { 10.96.0.10 . udp . 53 : goto service-dns }
  }
  chain service-dns {
    numgen random mod 2 vmap { 0 : accept, 1 : accept }
  }
  chain cluster-ips-check {
    ip daddr @cluster-ips reject
    ip daddr 10.96.0.0/12 drop
  }
  chain services {
    ip daddr . meta l4proto . th dport vmap @service-ips
  }
  chain filter-forward {
    type filter hook forward priority -110; policy accept;
    ct state new jump cluster-ips-check
  }
  chain nat-prerouting {
    type nat hook prerouting priority dstnat; policy accept;
    jump services
  }
  chain nat-postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    mark and 0x4000 == 0x4000 masquerade
  }
}
table inet hostfw {
  chain forward {
    type filter hook forward priority 10; policy drop;
    ct state established,related accept
    icmp type echo-request accept
    oifname { "cni0", "flannel.1" } accept
  }
  chain input {
    type filter hook input priority 0; policy accept;
    tcp dport 22 accept
  }
}
N
