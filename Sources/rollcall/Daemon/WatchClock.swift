internal import ServiceCatalog
internal import ServiceLifecycle

/// Wakes blocking queries whose time is over.
struct WatchClock: Service {
    let keeper: CatalogKeeper
    /// How late a query may learn that its time is over.
    private let resolution = Duration.milliseconds(50)

    func run() async {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: resolution)
                keeper.wakeExpired(now: .now)
            }
        }
    }
}
