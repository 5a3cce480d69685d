/// The client has gone or sent what is no HTTP: there is nobody to answer.
struct ConnectionLost: Error {
    var cause: any Error
}
