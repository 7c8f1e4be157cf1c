# fish completion for operatorstat, asked of operatorstat itself: --help is printed from the
# tables of the program.
function __operatorstat_commands
	operatorstat --help 2>/dev/null | sed -n 's/^  \([a-z][a-z]*\)  *\(.*\)/\1\t\2/p'
end
function __operatorstat_command
	for word in (commandline -opc)[2..-1]
		string match -q -- '-*' $word; or begin
			echo $word
			return
		end
	end
end
function __operatorstat_options
	operatorstat (__operatorstat_command) --help 2>/dev/null |
		grep -oE '(^|[ ,])--?[a-zA-Z][a-z-]*' | tr -d ' ,'
end
complete -c operatorstat -n 'test -z (__operatorstat_command)' -a '(__operatorstat_commands)'
complete -c operatorstat -n 'string match -q -- "-*" (commandline -ct)' -a '(__operatorstat_options)'
