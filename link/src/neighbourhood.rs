//! What counts as one address where connections are shared out: one of IPv4, a network of 64 bits of IPv6, which is one host's as a rule.

use std::net::IpAddr;

/// The whole of which an address is a part.
pub fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() >> 64 << 64).into()),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_network_of_ipv6_is_one() {
        let check = |address: &str, expected: &str| {
            assert_eq!(
                neighbourhood(address.parse().unwrap()),
                expected.parse::<IpAddr>().unwrap()
            );
        };
        check("10.0.0.7", "10.0.0.7");
        check("::ffff:10.0.0.7", "10.0.0.7");
        check("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::");
    }
}
