//! The network between a host and its PostgreSQL, which can be held: what the host sends arrives later.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The name that PostgreSQL's clients look for in the folder of a Unix socket.
const SOCKET: &str = ".s.PGSQL.5432";

/// A network of one host. Gone when dropped.
pub(crate) struct Network {
    held: watch::Sender<bool>,
    held_bytes: Arc<AtomicU64>,
    listener: JoinHandle<()>,
}

impl Network {
    /// A network to the server of a URL that names the folder of its Unix socket; gives the URL of the network's own end,
    /// which is in `folder`.
    pub(crate) fn to(url: &str, folder: &Path) -> anyhow::Result<(Self, String)> {
        let (_, rest) = url.split_once("host=").context("the server has no Unix socket")?;
        let server = rest.split('&').next().unwrap_or_default();
        ensure!(server.starts_with('/'), "the server has no Unix socket");
        let url = url.replacen(server, &folder.display().to_string(), 1);
        let to = Path::new(server).join(SOCKET);
        let listener = UnixListener::bind(folder.join(SOCKET))?;
        let held = watch::Sender::new(false);
        let holding = held.subscribe();
        let held_bytes = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&held_bytes);
        let listener = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(connect(client, to.clone(), holding.clone(), Arc::clone(&counter)));
            }
        });
        Ok((Self { held, held_bytes, listener }, url))
    }

    /// Holds what the host sends from now on.
    pub(crate) fn hold(&self) {
        self.held.send_replace(true);
    }

    /// Lets it arrive. Gives how many bytes were held.
    pub(crate) fn release(&self) -> u64 {
        self.held.send_replace(false);
        self.held_bytes.swap(0, Ordering::Relaxed)
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

/// One connection, until either end closes it.
async fn connect(
    client: UnixStream,
    server: PathBuf,
    mut held: watch::Receiver<bool>,
    held_bytes: Arc<AtomicU64>,
) {
    // A server that is away closes connections as well.
    let Ok(server) = UnixStream::connect(server).await else { return };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let there = async {
        let mut buffer = vec![0; 64 << 10];
        loop {
            let bytes = from_client.read(&mut buffer).await?;
            if bytes == 0 {
                return Ok(0);
            }
            if *held.borrow() {
                held_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
            }
            // Without its sender there is nobody who holds anything.
            let _ = held.wait_for(|held| !held).await;
            to_server.write_all(&buffer[..bytes]).await?;
        }
    };
    let _: std::io::Result<u64> = tokio::select! {
        there = there => there,
        back = tokio::io::copy(&mut from_server, &mut to_client) => back,
    };
}
