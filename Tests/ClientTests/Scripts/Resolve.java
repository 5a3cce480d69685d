import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.TreeMap;
import javax.naming.Context;
import javax.naming.NameNotFoundException;
import javax.naming.directory.Attribute;
import javax.naming.directory.DirContext;
import javax.naming.directory.InitialDirContext;

/** Asks Rollcall with InetAddress and with JNDI; prints one line for each question. */
public class Resolve {
    static String addresses(String name) throws UnknownHostException {
        String[] found = Arrays.stream(InetAddress.getAllByName(name))
            .map(InetAddress::getHostAddress).sorted().toArray(String[]::new);
        return String.join(" ", found);
    }

    static List<String> records(DirContext context, String name, String type) throws Exception {
        Attribute attribute = context.getAttributes(name, new String[] {type}).get(type);
        List<String> found = new ArrayList<>();
        for (int i = 0; attribute != null && i < attribute.size(); i++) {
            found.add(attribute.get(i).toString());
        }
        return found;
    }

    public static void main(String[] arguments) throws Exception {
        Properties settings = new Properties();
        settings.put(Context.INITIAL_CONTEXT_FACTORY, "com.sun.jndi.dns.DnsContextFactory");
        settings.put(Context.PROVIDER_URL, "dns:");
        DirContext context = new InitialDirContext(settings);

        System.out.println("a " + addresses("payment.service.consul"));
        InetAddress six = Inet6Address.getByName("six.service.consul");
        System.out.println("aaaa " + six.getHostAddress());

        TreeMap<String, String> services = new TreeMap<>();
        for (String record : records(context, "_payment._tcp.service.consul", "SRV")) {
            String[] fields = record.split(" ");
            services.put(fields[2], fields[3].replaceFirst("\\.$", ""));
        }
        StringBuilder line = new StringBuilder("srv");
        services.forEach((port, target) -> line.append(" " + port + " " + target));
        System.out.println(line);
        System.out.println("target " + addresses(services.firstEntry().getValue()));
        InetAddress reverse = InetAddress.getByAddress(new byte[] {10, 0, 1, 1});
        System.out.println("reverse " + reverse.getCanonicalHostName());
        System.out.println("upper " + addresses("PAYMENT.Service.CONSUL"));
        System.out.println("search " + addresses("payment"));
        System.out.println("many " + records(context, "fleet.service.consul", "A").size());
        try {
            records(context, "missing.service.consul", "A");
        } catch (NameNotFoundException error) {
            System.out.println("no name");
        }
        if (records(context, "payment.service.consul", "AAAA").isEmpty()) {
            System.out.println("no type");
        }
    }
}
