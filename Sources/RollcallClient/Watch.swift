internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore

/// The instances of a service, and again whenever they change.
///
/// The first element is the state at the start; each later one the state after a change. A
/// connection that breaks is opened again, and the stream goes on where it was. The sequence ends
/// only by an error: when the task is cancelled, or when the server refuses the watch.
///
///     for try await state in Watch(of: "payment", on: server) {
///         print(state.index, state.instances.count)
///     }
public struct Watch: AsyncSequence, Sendable {
    /// The instances of the service after a change.
    public struct State: Hashable, Sendable {
        /// The catalog's index at this state.
        public var index: UInt64
        /// Sorted by node and id.
        public var instances: [ServiceInstance]
    }

    /// The service's name.
    public let service: String
    /// Where the stream comes from.
    public let server: RegistryServer
    /// The longest pause between two attempts to connect again.
    public var pauseMax: Duration = .seconds(10)

    /// Watches `service` on `server`.
    public init(of service: String, on server: RegistryServer) {
        self.service = service
        self.server = server
    }

    /// Starts watching with the first call of `next`.
    public func makeAsyncIterator() -> Iterator {
        Iterator(watch: self)
    }

    /// Reads one watch.
    public struct Iterator: AsyncIteratorProtocol {
        private let watch: Watch
        private var body: HTTPClientResponse.Body.AsyncIterator?
        private var parser = EventStreamParser()
        private var pending: [EventStreamParser.Event] = []
        private var lastEventID: String?
        private var view = WatchView()
        private var failures = 0

        fileprivate init(watch: Watch) {
            self.watch = watch
        }

        /// The next state.
        ///
        /// Throws `ClientError` when the server refuses the watch or sends what is not its
        /// protocol, and `CancellationError`.
        public mutating func next() async throws -> State? {
            while true {
                while !pending.isEmpty {
                    let event = pending.removeFirst()
                    lastEventID = event.id ?? lastEventID
                    if let state = try view.take(event) { return state }
                }
                do {
                    try await receive()
                } catch let error as ClientError where error.code != .unreachable {
                    throw error
                } catch is CancellationError {
                    throw CancellationError()
                } catch {
                    try await pause()
                }
            }
        }

        /// Waits for the next bytes, on a new connection if there is none.
        private mutating func receive() async throws {
            if body == nil {
                parser = EventStreamParser()
                body = try await watch.server.stream(
                    ["services", watch.service, "watch"],
                    lastEventID: lastEventID
                ).makeAsyncIterator()
            }
            guard var current = body else { return }
            body = nil
            guard let bytes = try await current.next() else {
                throw ClientError(.unreachable, "the stream has ended")
            }
            pending += try parser.take(bytes.readableBytesView)
            body = current
            failures = 0
        }

        /// Twice as long after each failure in a row, and never for all clients alike.
        private mutating func pause() async throws {
            body = nil
            let doubled = Duration.milliseconds(100 << Swift.min(failures, 10))
            failures += 1
            try await Task.sleep(
                for: Swift.min(doubled, watch.pauseMax) * Double.random(in: 0.5...1)
            )
        }
    }
}
