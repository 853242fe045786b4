//! Where requests may go whose address somebody typed: to the public network,
//! and to nothing inside (server-side request forgery, OWASP ASVS 5 1.3.6).
//!
//! An address is looked at twice at the same place: as it stands in the URL,
//! where it is one, and as the names of the system give it, at the moment of
//! connecting. What was looked at is what is connected to: a name that answers
//! otherwise the next time gains nothing.

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use gongkai_domain::words::Message;
use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::ports::Doing;

/// Finds the addresses of a name.
pub trait Names: Send + Sync {
    /// All of them.
    fn look_up<'a>(&'a self, name: &'a str) -> Doing<'a, std::io::Result<Vec<IpAddr>>>;
}

/// The names as the system knows them.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemNames;

impl Names for SystemNames {
    fn look_up<'a>(&'a self, name: &'a str) -> Doing<'a, std::io::Result<Vec<IpAddr>>> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|at| at.ip()).collect())
        })
    }
}

/// Networks of IPv4 that are not the public one (IANA special-purpose registry,
/// RFC 6890), and one public address at which a cloud answers its machines.
const INSIDE_V4: [(Ipv4Addr, u32); 18] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    // Between a carrier and its customers; 100.100.100.200 of Alibaba's cloud.
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    // Link-local; 169.254.169.254 and 169.254.0.23 of the clouds.
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(168, 63, 129, 16), 32),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 31, 196, 0), 24),
    (Ipv4Addr::new(192, 52, 193, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    // Multicast, and what is reserved, up to the broadcast.
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// What of 2000::/3, the only part of IPv6 that is public, is not: it carries
/// IPv4 inside (Teredo, 6to4), or stands for nothing.
const INSIDE_V6: [(Ipv6Addr, u32); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// Whether an address belongs to the public network. Addresses of IPv6 that
/// hold one of IPv4 (mapped, NAT64, 6to4, Teredo) never do: whatever is public
/// has a plain one.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let bits = address.to_bits();
            let inside = |(net, length): &(Ipv4Addr, u32)| {
                bits >> (32 - length) == net.to_bits() >> (32 - length)
            };
            !INSIDE_V4.iter().any(inside)
        }
        IpAddr::V6(address) => {
            let bits = address.to_bits();
            let inside = |(net, length): &(Ipv6Addr, u32)| {
                bits >> (128 - length) == net.to_bits() >> (128 - length)
            };
            bits >> 125 == 0b001 && !INSIDE_V6.iter().any(inside)
        }
    }
}

/// Why a request does not go where it was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Kept {
    /// Neither `https` nor `http`, or it is no address of the web.
    #[error("only https addresses are asked")]
    Scheme,
    /// A name and password in the address.
    #[error("the address must not hold a name or password")]
    Credentials,
    /// It leads inside.
    #[error(
        "the address leads to no public network; outgoing.networks in the configuration may except it"
    )]
    Inside,
    /// Without TLS to the public network.
    #[error("without TLS only the networks of outgoing.networks are asked")]
    Plain,
}

impl Kept {
    /// What to tell the user.
    pub fn message(&self) -> Message {
        Message::new(match self {
            Self::Scheme => "outgoing-scheme",
            Self::Credentials => "outgoing-credentials",
            Self::Inside => "outgoing-inside",
            Self::Plain => "outgoing-plain",
        })
    }
}

/// What may be reached: whoever excepts a network answers for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reachable {
    /// Networks that are asked though they are not public.
    pub excepted: Arc<[IpNet]>,
}

impl Reachable {
    /// Whether an address may be connected to.
    ///
    /// # Errors
    /// [`Kept`] says why not.
    pub fn may_connect(&self, address: IpAddr, by_tls: bool) -> Result<(), Kept> {
        if self.excepted.iter().any(|net| net.contains(&address)) {
            return Ok(());
        }
        match (is_public(address), by_tls) {
            (true, true) => Ok(()),
            (true, false) => Err(Kept::Plain),
            (false, _) => Err(Kept::Inside),
        }
    }

    /// Whether an address that somebody typed may be asked, as far as it can
    /// be told without its name being looked up; and whether it goes by TLS.
    /// What stands in the URL in an odd way (`0x7f.1`, `2130706433`, `127。1`)
    /// has been put right by its parser, as browsers do it.
    ///
    /// # Errors
    /// [`Kept`] says why not.
    pub fn may_ask(&self, url: &Url) -> Result<bool, Kept> {
        let by_tls = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(Kept::Scheme),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Kept::Credentials);
        }
        match url.host() {
            Some(Host::Ipv4(address)) => self.may_connect(address.into(), by_tls)?,
            Some(Host::Ipv6(address)) => self.may_connect(address.into(), by_tls)?,
            Some(Host::Domain(_)) => {}
            None => return Err(Kept::Scheme),
        }
        Ok(by_tls)
    }
}

/// Gives the connector the addresses of a name that may be connected to. Where
/// one of them may not, none is given: a name that leads both ways is a trap.
pub(super) struct Guarded {
    pub names: Arc<dyn Names>,
    pub reachable: Reachable,
    pub by_tls: bool,
}

impl Guarded {
    async fn addresses(
        names: &dyn Names,
        reachable: &Reachable,
        by_tls: bool,
        name: &str,
    ) -> Result<Vec<SocketAddr>, Box<dyn Error + Send + Sync>> {
        let found = names.look_up(name).await?;
        for address in &found {
            reachable.may_connect(*address, by_tls)?;
        }
        // Without a port the connector puts that of the URL.
        Ok(found.into_iter().map(|ip| SocketAddr::new(ip, 0)).collect())
    }
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let (names, reachable) = (Arc::clone(&self.names), self.reachable.clone());
        let by_tls = self.by_tls;
        Box::pin(async move {
            let found = Self::addresses(&*names, &reachable, by_tls, name.as_str()).await?;
            let found: Addrs = Box::new(found.into_iter());
            Ok(found)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(url: &str) -> Result<bool, Kept> {
        let url = Url::parse(url).map_err(|_| Kept::Scheme)?;
        Reachable::default().may_ask(&url)
    }

    /// The list of `anchors/trust.md` 3.5: each leads inside, however written.
    #[test]
    fn nothing_inside_is_asked_however_it_is_written() {
        for host in [
            "127.0.0.1",
            "127.0.0.2",
            "127.1",
            "0x7f.1",
            "0x7f000001",
            "0177.0.0.1",
            "2130706433",
            "017700000001",
            "127。0。0。1",
            "127.0.0.1.",
            "①②⑦.⓪.⓪.①",
            "0.0.0.0",
            "0",
            "0.1.2.3",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.100.100.200",
            "100.127.255.255",
            "169.254.169.254",
            "169.254.0.23",
            "0xa9fea9fe",
            "2852039166",
            "168.63.129.16",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "[::]",
            "[::1]",
            "[0:0:0:0:0:0:0:1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[::ffff:8.8.8.8]",
            "[::127.0.0.1]",
            "[::ffff:0:127.0.0.1]",
            "[64:ff9b::127.0.0.1]",
            "[64:ff9b::a9fe:a9fe]",
            "[64:ff9b:1::10.0.0.1]",
            "[100::1]",
            "[2001::1]",
            "[2001:2::1]",
            "[2001:20::1]",
            "[2001:db8::1]",
            "[2002:7f00:1::]",
            "[3fff::1]",
            "[4000::1]",
            "[5f00::1]",
            "[fc00::1]",
            "[fd00:ec2::254]",
            "[fe80::1]",
            "[fec0::1]",
            "[ff02::1]",
        ] {
            for scheme in ["https", "http"] {
                let url = format!("{scheme}://{host}/");
                assert_eq!(asks(&url), Err(Kept::Inside), "{url}");
            }
        }
    }

    #[test]
    fn what_is_public_is_asked_by_tls() {
        for host in [
            "8.8.8.8",
            "1.1.1.1",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.255.255",
            "172.32.0.1",
            "198.17.255.255",
            "198.20.0.1",
            "223.5.5.5",
            "[2400:3200::1]",
            "[2001:4860:4860::8888]",
        ] {
            assert_eq!(asks(&format!("https://{host}/")), Ok(true), "{host}");
            assert_eq!(asks(&format!("http://{host}/")), Err(Kept::Plain), "{host}");
        }
        // A name is looked up when it is connected to.
        assert_eq!(asks("https://example.gov.cn/"), Ok(true));
        assert_eq!(asks("https://localhost/"), Ok(true));
    }

    #[test]
    fn other_schemes_and_passwords_are_not_asked() {
        for url in [
            "file:///etc/passwd",
            "gopher://127.0.0.1:25/",
            "ftp://example.gov.cn/",
            "unix:/run/docker.sock",
            "data:text/plain,x",
            "javascript:alert(1)",
            "https://",
            "https://%00/",
        ] {
            assert_eq!(asks(url), Err(Kept::Scheme), "{url}");
        }
        for url in [
            "https://user@example.gov.cn/",
            "https://user:word@8.8.8.8/",
            "https://8.8.8.8:x@127.0.0.1/",
        ] {
            let asked = asks(url);
            assert!(
                matches!(asked, Err(Kept::Credentials | Kept::Scheme)),
                "{url}: {asked:?}"
            );
        }
    }

    #[test]
    fn an_excepted_network_is_asked_and_no_other() {
        let nets: Vec<IpNet> = vec!["10.8.0.0/16".parse().expect("a network")];
        let reachable = Reachable {
            excepted: nets.into(),
        };
        for (address, by_tls, asked) in [
            ("10.8.1.2", true, Ok(())),
            ("10.8.1.2", false, Ok(())),
            ("10.9.1.2", true, Err(Kept::Inside)),
            ("8.8.8.8", false, Err(Kept::Plain)),
            ("::ffff:10.8.1.2", true, Err(Kept::Inside)),
        ] {
            let found = reachable.may_connect(address.parse().expect("an address"), by_tls);
            assert_eq!(found, asked, "{address}");
        }
    }

    struct Told(Vec<IpAddr>);

    impl Names for Told {
        fn look_up<'a>(&'a self, _: &'a str) -> Doing<'a, std::io::Result<Vec<IpAddr>>> {
            Box::pin(std::future::ready(Ok(self.0.clone())))
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_with_one_of_its_addresses_leads_nowhere() {
        let reachable = Reachable::default();
        let look = async |addresses: &[&str]| {
            let told = addresses.iter().map(|text| text.parse().expect("one"));
            let told = Told(told.collect());
            let found = Guarded::addresses(&told, &reachable, true, "name.example").await;
            found.map(|found| found.len()).ok()
        };
        assert_eq!(look(&["8.8.8.8", "2400:3200::1"]).await, Some(2));
        for address in ["127.0.0.1", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"] {
            assert_eq!(look(&[address]).await, None, "{address}");
            assert_eq!(look(&["8.8.8.8", address]).await, None, "{address}");
        }
    }
}
