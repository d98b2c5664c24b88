import sys
sys.path.insert(0,'/work/main/scripts')
import debug_kernel
print(debug_kernel.debug_kernel())
