//! The main job on the sample day, with the real executables, the real model and real files.

mod faults;
mod home;
mod import_to_search;
mod kill;
mod record_to_search;
