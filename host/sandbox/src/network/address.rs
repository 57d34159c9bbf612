//! Which part of the internet an address belongs to.
//!
//! After the special-purpose registries of IANA (RFC 6890 and its updates).
//! An address that carries an IPv4 address, such as `::ffff:127.0.0.1`, belongs where that one does.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::grants::Reach;

/// Which part of the internet an address belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// The public internet.
    Public,
    /// This machine.
    Loopback,
    /// A private network: RFC 1918, carrier-grade NAT, unique local addresses.
    Private,
    /// The local link, and the addresses where clouds keep the metadata of their machines.
    LinkLocal,
    /// Nobody's address: unspecified, multicast, broadcast, documentation, reserved.
    Unusable,
}

/// Where clouds serve metadata outside of the link-local range.
const METADATA: [IpAddr; 3] = [
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254)),
];

impl Class {
    pub(crate) fn of(address: IpAddr) -> Self {
        if METADATA.contains(&address) {
            return Self::LinkLocal;
        }
        match address {
            IpAddr::V4(address) => Self::of_v4(address),
            IpAddr::V6(address) => Self::of_v6(address),
        }
    }

    fn of_v4(address: Ipv4Addr) -> Self {
        match address.octets() {
            [127, ..] => Self::Loopback,
            [10, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] => Self::Private,
            [169, 254, ..] => Self::LinkLocal,
            // This network, protocol assignments, the three documentation blocks, 6to4 relays,
            // benchmarks, multicast, reserved and broadcast.
            [0, ..]
            | [192, 0, 0 | 2, _]
            | [198, 51, 100, _]
            | [203, 0, 113, _]
            | [192, 88, 99, _]
            | [198, 18 | 19, ..]
            | [224..=255, ..] => Self::Unusable,
            _ => Self::Public,
        }
    }

    fn of_v6(address: Ipv6Addr) -> Self {
        if let Some(carried) = carried_v4(address) {
            return Self::of(carried.into());
        }
        match address.segments() {
            [0, 0, 0, 0, 0, 0, 0, 1] => Self::Loopback,
            // Unique local, the site-local range that preceded it, and NAT64 within one network (RFC 8215).
            [0xfc00..=0xfdff, ..] | [0xfec0..=0xfeff, ..] | [0x0064, 0xff9b, 1, ..] => Self::Private,
            [0xfe80..=0xfebf, ..] => Self::LinkLocal,
            // Protocol assignments with Teredo, and documentation.
            [0x2001, 0..=0x01ff, ..] | [0x2001, 0x0db8, ..] | [0x3fff, 0..=0x0fff, ..] => Self::Unusable,
            // Global unicast is 2000::/3, nothing else.
            [0x2000..=0x3fff, ..] => Self::Public,
            _ => Self::Unusable,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Public => "a public address",
            Self::Loopback => "a loopback address",
            Self::Private => "an address of a private network",
            Self::LinkLocal => "a link-local or metadata address",
            Self::Unusable => "no address of a host",
        }
    }
}

/// The IPv4 address that traffic to `address` ends up at: mapped, compatible, the well-known prefix of NAT64
/// (RFC 6052) and 6to4. How the local prefix of NAT64 carries one is up to each network.
fn carried_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let v4 = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] => Some(v4(high, low)),
        [0x0064, 0xff9b, 0, 0, 0, 0, high, low] => Some(v4(high, low)),
        [0x2002, high, low, ..] => Some(v4(high, low)),
        _ => None,
    }
}

/// An address that a request's grant does not reach.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{address}, {}", Class::of(*address))]
pub(crate) struct OutOfReach {
    address: IpAddr,
}

impl OutOfReach {
    pub(crate) fn class(&self) -> Class {
        Class::of(self.address)
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Reach {
    /// Whether a connection to `address` is within reach.
    pub(crate) fn check(self, address: IpAddr) -> Result<(), OutOfReach> {
        let within = match (self, Class::of(address)) {
            (_, Class::Unusable) => false,
            (Self::Itself, _) => true,
            (Self::Public | Self::Private, Class::Public) => true,
            (Self::Loopback | Self::Private, Class::Loopback) => true,
            (Self::Private, Class::Private) => true,
            _ => false,
        };
        if within { Ok(()) } else { Err(OutOfReach { address }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_has_its_class() {
        for (class, addresses) in [
            (Class::Public, "1.1.1.1 8.8.8.8 172.15.0.1 172.32.0.1 100.63.0.1 192.0.1.1 2606:4700::1111"),
            (Class::Public, "::ffff:1.1.1.1 64:ff9b::808:808 2002:0101:0101::1"),
            (Class::Loopback, "127.0.0.1 127.255.255.254 ::1 ::ffff:127.0.0.1 64:ff9b::7f00:1 2002:7f00:1::"),
            (Class::Loopback, "::127.0.0.1"),
            (Class::Private, "10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 100.64.0.1 100.127.0.1"),
            (Class::Private, "fc00::1 fdff::1 fec0::1 ::ffff:10.1.2.3"),
            // With prefixes of 48 to 96 bits the IPv4 address stands elsewhere each time.
            (Class::Private, "64:ff9b:1::7f00:1 64:ff9b:1::808:808 64:ff9b:1:808:8:800:: 64:ff9b:1:ffff::1"),
            (Class::LinkLocal, "169.254.169.254 169.254.0.1 fe80::1 febf::1 ::ffff:169.254.169.254"),
            (Class::LinkLocal, "100.100.100.200 168.63.129.16 fd00:ec2::254 ::ffff:168.63.129.16"),
            (Class::Unusable, "0.0.0.0 0.1.2.3 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255 192.0.2.1"),
            (Class::Unusable, "198.18.0.1 198.51.100.7 203.0.113.9 192.0.0.8 192.88.99.1"),
            (Class::Unusable, ":: ff02::1 2001:db8::1 2001::1 100::1 4000::1 3fff::1 ::ffff:0.0.0.0"),
        ] {
            for address in addresses.split(' ') {
                assert_eq!(Class::of(address.parse().unwrap()), class, "{address}");
            }
        }
    }

    #[test]
    fn a_reach_covers_its_classes() {
        let covered = |reach: Reach| {
            ["1.1.1.1", "127.0.0.1", "10.0.0.1", "169.254.169.254", "0.0.0.0"]
                .map(|address| reach.check(address.parse().unwrap()).is_ok())
        };
        assert_eq!(covered(Reach::Public), [true, false, false, false, false]);
        assert_eq!(covered(Reach::Loopback), [false, true, false, false, false]);
        assert_eq!(covered(Reach::Private), [true, true, true, false, false]);
        assert_eq!(covered(Reach::Itself), [true, true, true, true, false]);
    }
}
