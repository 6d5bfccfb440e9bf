//! Small programs, one idea a file: see the files beside this one.
