//! Attacks on the machine around the host: files, environment, sockets.

use fermata_sdk::Failure;
use wasip2::cli::{environment, stdin};
use wasip2::filesystem::preopens;
use wasip2::filesystem::types::{DescriptorFlags, OpenFlags, PathFlags};
use wasip2::sockets::instance_network::instance_network;
use wasip2::sockets::ip_name_lookup::resolve_addresses;
use wasip2::sockets::network::{ErrorCode, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress};
use wasip2::sockets::tcp_create_socket::create_tcp_socket;
use wasip2::sockets::udp_create_socket::create_udp_socket;

/// Of a file, in bytes.
const READ_BYTES: u64 = 4096;

pub(super) fn read_file(path: &str) -> Result<String, Failure> {
    let folders = preopens::get_directories();
    let Some((folder, _)) = folders.first() else { return Err(refused("the host offers no folder")) };
    let failed = |error| refused(&format!("the host does not read `{path}`: {error:?}"));
    let file = folder
        .open_at(PathFlags::empty(), path, OpenFlags::empty(), DescriptorFlags::READ)
        .map_err(failed)?;
    let (bytes, _) = file.read(READ_BYTES, 0).map_err(failed)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

pub(super) fn environment() -> Result<String, Failure> {
    match &environment::get_environment()[..] {
        [] => Err(refused("the host shows no environment")),
        variables => Ok(format!("{variables:?}")),
    }
}

pub(super) fn arguments() -> Result<String, Failure> {
    match &environment::get_arguments()[..] {
        [] => Err(refused("the host shows no arguments")),
        arguments => Ok(format!("{arguments:?}")),
    }
}

pub(super) fn input() -> Result<String, Failure> {
    match stdin::get_stdin().blocking_read(READ_BYTES) {
        Ok(bytes) if !bytes.is_empty() => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        _ => Err(refused("the host has no input to read")),
    }
}

pub(super) fn connect(port: u64) -> Result<&'static str, Failure> {
    let socket = create_tcp_socket(IpAddressFamily::Ipv4).map_err(denied("a TCP socket"))?;
    let address = loopback(u16::try_from(port).unwrap_or_default());
    socket.start_connect(&instance_network(), address).map_err(denied("a connection"))?;
    socket.subscribe().block();
    socket.finish_connect().map_err(denied("a connection"))?;
    Ok("connected")
}

pub(super) fn listen() -> Result<&'static str, Failure> {
    let socket = create_tcp_socket(IpAddressFamily::Ipv4).map_err(denied("a TCP socket"))?;
    socket.start_bind(&instance_network(), loopback(0)).map_err(denied("a port"))?;
    socket.finish_bind().map_err(denied("a port"))?;
    socket.start_listen().map_err(denied("listening"))?;
    socket.finish_listen().map_err(denied("listening"))?;
    Ok("listening")
}

pub(super) fn datagram() -> Result<&'static str, Failure> {
    let socket = create_udp_socket(IpAddressFamily::Ipv4).map_err(denied("a UDP socket"))?;
    socket.start_bind(&instance_network(), loopback(0)).map_err(denied("a UDP port"))?;
    socket.finish_bind().map_err(denied("a UDP port"))?;
    Ok("bound")
}

pub(super) fn look_up(name: &str) -> Result<String, Failure> {
    let addresses = resolve_addresses(&instance_network(), name).map_err(denied("a look-up"))?;
    addresses.subscribe().block();
    let address = addresses.resolve_next_address().map_err(denied("a look-up"))?;
    Ok(format!("{address:?}"))
}

fn loopback(port: u16) -> IpSocketAddress {
    IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address: (127, 0, 0, 1) })
}

fn denied(what: &'static str) -> impl Fn(ErrorCode) -> Failure {
    move |error| refused(&format!("the host denies {what}: {error:?}"))
}

fn refused(message: &str) -> Failure {
    Failure::new(message).retries(0)
}
