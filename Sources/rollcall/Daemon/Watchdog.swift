internal import ServiceLifecycle

/// Gives the service manager the signs of life that it asked for.
struct Watchdog: Service {
    let notify: SystemdNotify

    func run() async {
        guard let interval = notify.watchdogInterval else {
            try? await gracefulShutdown()
            return
        }
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                notify.send(.watchdog)
                // sd_watchdog_enabled(3) recommends half of the interval.
                try? await Task.sleep(for: interval / 2)
            }
        }
    }
}
