# Shaped like firewalld: its chain at the forward hook ends with a reject. With every form that nft has for
# addresses, links and states, and a table of bridged frames.
nft -f - <<'N'
table inet firewalld {
  set pods { type ipv4_addr; flags interval; elements = { 10.244.0.0/16, 10.96.0.0/12 } }
  chain filter_FWD_public {
    accept
  }
  chain filter_FORWARD_POLICIES {
    iifname "eth*" oifname != "eth1" goto filter_FWD_public
  }
  chain filter_FORWARD {
    type filter hook forward priority filter + 10; policy accept;
    ct state { established, related } accept
    ct status dnat accept
    iifname "lo" accept
    ip6 daddr { ::/96, ::ffff:0.0.0.0/96 } reject with icmpv6 addr-unreachable
    iifname { "cni0", "flannel.1" } accept
    ip saddr @pods accept
    ip saddr { 10.1.0.0/16, 10.2.0.1 } accept
    ip saddr . tcp dport { 10.3.0.1 . 80 } accept
    ip daddr 10.4.0.1-10.4.0.77 accept
    ip saddr != 10.5.0.0/20 accept
    ip6 saddr fd00::/8 counter accept comment "six"
    iifname vmap { "eth0" : goto filter_FWD_public, "eth1" : accept }
    iif "lo" accept
    meta mark & 0x4000 == 0x4000 accept
    ct state established,related accept
    ct state invalid drop
    log prefix "x" limit rate 1/second
    ether saddr 02:00:00:00:00:01 accept
    jump filter_FORWARD_POLICIES
    reject with icmpx admin-prohibited
  }
}
table bridge b {
  chain forward {
    type filter hook forward priority 0; policy drop;
    ether type ip ip saddr 10.0.0.0/8 accept
  }
}
N
