# kube-proxy and flannel on iptables-nft, shortened, before a last rule that refuses everything.
iptables-nft -P FORWARD ACCEPT
iptables-nft -N KUBE-FORWARD
iptables-nft -N FLANNEL-FWD
iptables-nft -A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
iptables-nft -A FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD
iptables-nft -A FORWARD -j REJECT --reject-with icmp-admin-prohibited
iptables-nft -A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
iptables-nft -A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT
iptables-nft -A FLANNEL-FWD -s 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
iptables-nft -A FLANNEL-FWD -d 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
iptables-nft -A FLANNEL-FWD -i cali+ -j ACCEPT
ip6tables-nft -P FORWARD DROP
ip6tables-nft -A FORWARD -s fd00::/8 -j ACCEPT
