# peers.gnuplot - the time of each tool, a panel for each set.
#
# gnuplot -e "data = 'FILE'; out = 'PATH-WITHOUT-SUFFIX'" bench/peers.gnuplot
stats data using 2 nooutput
blocks = int(STATS_blocks)
columns = blocks < 3 ? blocks : 3
lines = (blocks + columns - 1) / columns
do for [kind in "svg png"] {
    if (kind eq "svg") {
        set terminal svg size 320 * columns, 330 * lines font "sans,11" background "white"
    } else {
        set terminal png size 320 * columns, 330 * lines
    }
    set output out.".".kind
    set multiplot layout lines, columns
    set style fill solid 0.8
    set boxwidth 0.7
    unset key
    set yrange [0:*]
    set offsets 0.5, 0.5, graph 0.12, 0
    set xtics rotate by -40 font ",9" noenhanced
    set grid ytics
    set ylabel "seconds"
    do for [b = 0:blocks - 1] {
        stats data index b using 2 nooutput
        set title word(system(sprintf("awk 'BEGIN { RS = \"\\n\\n\\n\" } NR == %d { print $1 }' %s", b + 1, data)), 1) noenhanced
        plot data index b using 0:2:($3 == 1 ? 0x2e7d32 : 0xc62828):xtic(1) every ::1 with boxes linecolor rgb variable, \
             data index b using 0:2:(sprintf("%.2g", $2)) every ::1 with labels offset 0, 0.7
    }
    unset multiplot
}
