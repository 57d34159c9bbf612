//! The HTTP server.

use std::future::Future;
use std::io;

use axum::serve::ListenerExt as _;
use axum::{Extension, Router};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::extract::Closing;
use crate::limits::SHUTDOWN_GRACE;

/// Serves `router` until `shutdown` is done, and then until the requests at work are answered.
///
/// Requests that wait for jobs or for the end of an instance are answered at once when `shutdown` is done;
/// connections that are still open ten seconds later are left to the end of the process.
///
/// # Errors
/// Those of the listener.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (closing, mut closed) = watch::channel(false);
    let router = router.layer(Extension(Closing::new(closed.clone())));
    // Without TCP_NODELAY an answer can wait 40 ms for the acknowledgement of an earlier packet.
    let listener = listener.tap_io(|socket| {
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY cannot be set");
        }
    });
    let server = axum::serve(listener, router).with_graceful_shutdown(async move {
        shutdown.await;
        let _ = closing.send(true);
    });
    let out_of_time = async {
        if closed.wait_for(|closing| *closing).await.is_ok() {
            tokio::time::sleep(SHUTDOWN_GRACE).await;
        } else {
            std::future::pending().await
        }
    };
    tokio::select! {
        result = server.into_future() => result,
        () = out_of_time => {
            tracing::warn!("connections are still open {} s after the shutdown began", SHUTDOWN_GRACE.as_secs());
            Ok(())
        }
    }
}
