# sweep.gnuplot - rows per second against the batch size, a line for each number of readers and writers.
#
# gnuplot -e "data = 'FILE'; out = 'PATH-WITHOUT-SUFFIX'" bench/sweep.gnuplot
stats data using 1:2 nooutput
blocks = int(STATS_blocks)
set logscale x 10
set yrange [0:*]
set format y "%.1s %c"
set xlabel "--batch-size (rows)"
set ylabel "rows per second"
set key bottom right
set grid
plot_all = "plot for [b = 0:blocks - 1] data index b using 1:2:3:4 with yerrorlines linewidth 2 pointtype 7 pointsize 0.5 title columnheader(1)"
set terminal svg size 800,480 font "sans,13" background "white"
set output out.".svg"
eval plot_all
set terminal png size 800,480
set output out.".png"
eval plot_all
