//! A second version of the worker `echo`, from the same source.

#[path = "../../echo/src/echo.rs"]
mod echo;

fermata_sdk::worker!(echo::echo);
