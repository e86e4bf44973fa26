# ufw on iptables-nft, shortened, with a rule of its user for the pods, and matches of iptables that nf_tables
# has no words for.
iptables-nft -P FORWARD DROP
iptables-nft -N ufw-before-forward
iptables-nft -N ufw-user-forward
iptables-nft -N ufw-reject-forward
iptables-nft -A FORWARD -j ufw-before-forward
iptables-nft -A FORWARD -j ufw-reject-forward
iptables-nft -A ufw-before-forward -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
iptables-nft -A ufw-before-forward -p icmp --icmp-type destination-unreachable -j ACCEPT
iptables-nft -A ufw-before-forward -j ufw-user-forward
iptables-nft -A ufw-user-forward -s 10.244.0.0/20 -m comment --comment pods -j ACCEPT
iptables-nft -A ufw-user-forward -m limit --limit 3/min -j LOG --log-prefix "[UFW BLOCK] "
iptables-nft -A ufw-user-forward -m iprange --src-range 10.1.0.1-10.1.0.9 -j ACCEPT
iptables-nft -A ufw-reject-forward -j REJECT
