//! A line for each request, and the figures.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use axum::extract::{ConnectInfo, MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use metrics::{counter, histogram};
use tracing::info;

/// The target of the lines.
pub const ACCESS: &str = "access";

/// Writes one line when the answer is made: the route, never the address with
/// what was asked; the network, never the machine.
pub async fn line(request: Request, next: Next) -> Response {
    #[expect(clippy::disallowed_methods, reason = "how long a request took")]
    let begun = std::time::Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or_else(|| "-".to_owned(), |path| path.as_str().to_owned());
    let from = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let known = from.filter(|ConnectInfo(from)| !from.ip().is_unspecified());
    let network = known.map(|ConnectInfo(from)| network(from.ip()));
    let response = next.run(request).await;
    let (status, took) = (response.status().as_u16(), begun.elapsed());
    let network = network.map_or_else(|| "-".to_owned(), |network| network.to_string());
    let milliseconds = took.as_secs_f64() * 1000.0;
    info!(target: ACCESS, %method, route, status, milliseconds, network, "request");
    figures(method.as_str(), &route, status, took);
    response
}

fn figures(method: &str, route: &str, status: u16, took: Duration) {
    let labels = [
        ("method", method.to_owned()),
        ("route", route.to_owned()),
        ("class", format!("{}xx", status / 100)),
    ];
    counter!("gongkai_requests_total", &labels).increment(1);
    histogram!("gongkai_request_seconds", "route" => route.to_owned()).record(took.as_secs_f64());
}

/// The network of an address: 24 bits of IPv4, 48 of IPv6.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            IpAddr::V4(Ipv4Addr::new(a, b, c, 0))
        }
        IpAddr::V6(v6) => {
            let [a, b, c, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_becomes_its_network() {
        let table = [
            ("203.0.113.77", "203.0.113.0"),
            ("2001:db8:1:2:3::4", "2001:db8:1::"),
            ("::ffff:203.0.113.77", "203.0.113.0"),
        ];
        for (address, shown) in table {
            let address: IpAddr = address.parse().expect("an address");
            assert_eq!(network(address).to_string(), shown);
        }
    }
}
